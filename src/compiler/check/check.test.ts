import { checkText } from '../../../tests/support/check-script.ts';
import { fakeKernel } from '../../../tests/support/fake-kernel.ts';
import { testGoldenFolder } from '../../../tests/support/golden.ts';

const target = fakeKernel();

/**
 * `typed [positional parameters]`: the typed tree with the warnings before it, or the errors. `unsafe` as the first parameter allows unsafe
 * functions.
 */
testGoldenFolder(
  'check',
  {
    typed(script, section) {
      const [, ...words] = section.split(' ');
      const isUnsafe = words[0] === 'unsafe';
      return checkText(script, { target, isUnsafe, positional: isUnsafe ? words.slice(1) : words }).text;
    },
  },
  ['typed'],
);
