import { indentationScope } from '../../../../src/core/completion/filters/indentation-scope.js';
import { testFilterCases } from '../../../support/filter-cases.js';

testFilterCases('indentation-scope', [indentationScope]);
