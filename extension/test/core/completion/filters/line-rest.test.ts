import { lineRest } from '../../../../src/core/completion/filters/line-rest.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('line-rest', [lineRest]);
