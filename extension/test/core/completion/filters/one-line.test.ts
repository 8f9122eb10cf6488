import { oneLine } from '../../../../src/core/completion/filters/one-line.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('one-line', [oneLine]);
