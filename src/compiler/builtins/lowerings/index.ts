import type { LoweredBuiltinName } from '../signatures/index.ts';
import { actionLowerings } from './actions.ts';
import { cgroupLowerings } from './cgroups.ts';
import type { Lowering } from './lowering.ts';
import { mapLowerings } from './maps.ts';
import { memoryLowerings } from './memory.ts';
import { nameTableLowerings } from './name-tables.ts';
import { networkLowerings } from './network.ts';
import { outputLowerings } from './output.ts';
import { processLowerings } from './process.ts';
import { stackLowerings } from './stacks.ts';
import { stringLowerings } from './strings.ts';
import { symbolLowerings } from './symbols.ts';
import { timeLowerings } from './time.ts';

/** How each builtin that is left in the typed tree becomes code. */
export const lowerings: Readonly<Record<LoweredBuiltinName, Lowering>> = {
  ...outputLowerings,
  ...mapLowerings,
  ...stringLowerings,
  ...nameTableLowerings,
  ...symbolLowerings,
  ...stackLowerings,
  ...networkLowerings,
  ...timeLowerings,
  ...processLowerings,
  ...cgroupLowerings,
  ...memoryLowerings,
  ...actionLowerings,
};
