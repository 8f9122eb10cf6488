import { extraIndentation } from '../../../../src/core/completion/filters/extra-indentation.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('extra-indentation', [extraIndentation]);
