export { Btf, type FoundMember } from './btf.ts';
export { BtfBuilder } from './builder.ts';
export { BtfError } from './error.ts';
export { type BtfKind, btfKinds, type Linkage } from './kind.ts';
export { declarationText, definitionText, typeText } from './print-c.ts';
export { headerText } from './print-header.ts';
export {
  buildProgBtf,
  FUNC_INFO_SIZE,
  LINE_INFO_SIZE,
  type ProgBtf,
  type ProgBtfFunc,
  type ProgBtfLine,
} from './prog-btf.ts';
export { subsetBtf } from './subset.ts';
export type { BtfComposite, BtfId, BtfMember, BtfParam, BtfType, BtfTypeOf } from './type.ts';
