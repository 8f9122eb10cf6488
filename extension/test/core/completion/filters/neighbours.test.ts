import { neighbours } from '../../../../src/core/completion/filters/neighbours.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('neighbours', [neighbours]);
