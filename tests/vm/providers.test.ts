/** Every provider, with one small check; what this kernel cannot is said with the reason. */
import { testProviders } from '../support/provider-tests.ts';

testProviders();
