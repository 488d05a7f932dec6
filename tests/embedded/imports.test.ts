import { testImports } from '../support/import-tests.ts';

testImports(['--backend', 'embedded'], () => true);
