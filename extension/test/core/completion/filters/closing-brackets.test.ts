import { closingBrackets } from '../../../../src/core/completion/filters/closing-brackets.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('closing-brackets', [closingBrackets]);
