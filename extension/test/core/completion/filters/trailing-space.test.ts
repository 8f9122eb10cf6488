import { trailingSpace } from '../../../../src/core/completion/filters/trailing-space.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('trailing-space', [trailingSpace]);
