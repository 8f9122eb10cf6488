import { echo } from '../../../../src/core/completion/filters/echo.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('echo', [echo]);
