import { empty } from '../../../../src/core/completion/filters/empty.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('empty', [empty]);
