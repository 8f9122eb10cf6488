import { fences } from '../../../../src/core/completion/filters/fences.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('fences', [fences]);
