import { linesBelow } from '../../../../src/core/completion/filters/lines-below.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('lines-below', [linesBelow]);
