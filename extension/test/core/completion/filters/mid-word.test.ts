import { midWord } from '../../../../src/core/completion/filters/mid-word.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('mid-word', [midWord]);
