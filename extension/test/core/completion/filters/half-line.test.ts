import { halfLine } from '../../../../src/core/completion/filters/half-line.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('half-line', [halfLine]);
