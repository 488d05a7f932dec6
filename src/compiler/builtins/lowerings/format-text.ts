import type { Conversion, Format } from '../../../program/index.ts';

/** Spells a cut format again, for the formatters of the kernel. `spell`: how a conversion is written. */
export function formatText(
  format: Format,
  spell: (conversion: Conversion) => string = spellConversion,
): string {
  return format
    .map((piece) => (typeof piece === 'string' ? piece.replaceAll('%', '%%') : spell(piece)))
    .join('');
}

function spellConversion({ flags, width, precision, length, verb }: Conversion): string {
  const size = width === undefined ? '' : String(width);
  const digits = precision === undefined ? '' : `.${precision}`;
  return `%${flags}${size}${digits}${length}${verb}`;
}
