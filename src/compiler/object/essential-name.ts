/** A name without the part that only tells versions of a type apart: `task_struct___old`. */
export function essentialName(name: string): string {
  const at = name.lastIndexOf('___');
  return at > 0 ? name.slice(0, at) : name;
}
