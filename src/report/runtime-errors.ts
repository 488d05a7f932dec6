/** What run-time warnings say. */

import { errnoText } from '../base/index.ts';
import type { RuntimeErrorKind } from '../program/index.ts';

export const runtimeErrorTexts: Readonly<Record<RuntimeErrorKind, string>> = {
  'division-by-zero':
    'Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result.',
  'array-bounds': 'Array access out of bounds. This can lead to unexpected results.',
  'cpid-without-child': 'No child command (`-c`); cpid is zero',
  'no-unwind-tables':
    'No DWARF unwind data available for this process. Use -p or --dwarf-pid to specify target PIDs.',
};

/** Failures whose errno text would not help. `errno` undefined: any. Source of the numbers: uapi/asm-generic/errno-base.h. */
const helperTexts: readonly { readonly helper: string; readonly errno?: number; readonly text: string }[] = [
  {
    helper: 'map_update_elem',
    errno: 7, // E2BIG
    text:
      "Map full; can't update element. Try increasing max_map_keys config or manually setting the max entries in a map " +
      'declaration e.g. `let @a = hash(5000)`',
  },
  {
    helper: 'map_delete_elem',
    errno: 2, // ENOENT
    text: "Can't delete map element because it does not exist.",
  },
  { helper: 'map_lookup_elem', text: "Can't lookup map element because it does not exist." },
];

/** @param retcode what the helper returned: a negative errno, 0 for a look-up that found nothing. */
export function helperErrorText(helper: string, retcode: number): string {
  const row = helperTexts.find(
    (known) => known.helper === helper && (known.errno === undefined || known.errno === -retcode),
  );
  return row?.text ?? errnoText(-retcode);
}
