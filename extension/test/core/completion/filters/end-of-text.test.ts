import { endOfText } from '../../../../src/core/completion/filters/end-of-text.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('end-of-text', [endOfText]);
