import { repetition } from '../../../../src/core/completion/filters/repetition.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('repetition', [repetition]);
