/** The objects that a script imports, together: their functions under names of their own, their maps behind those of the script. */
import type { BpfMapSpec } from '../../program/index.ts';
import type { CObject, ObjectFunc, ObjectLink } from './read-object.ts';

export interface LinkedObjects {
  readonly funcs: readonly ObjectFunc[];
  readonly maps: readonly BpfMapSpec[];
}

/** @param firstMap the number of the first map. */
export function linkObjects(objects: readonly CObject[], firstMap: number): LinkedObjects {
  const taken = new Set(
    objects.flatMap(({ funcs }) => funcs.flatMap(({ name, isStatic }) => (isStatic ? [] : [name]))),
  );
  const funcs: ObjectFunc[] = [];
  const maps: BpfMapSpec[] = [];
  for (const object of objects) {
    // Static functions of different files may have one name.
    const names = new Map(
      object.funcs.map(({ name, isStatic }) => [name, isStatic ? uniqueName(name, taken) : name]),
    );
    const base = firstMap + maps.length;
    const linked = (link: ObjectLink): ObjectLink => {
      if (link.kind === 'func') return { ...link, name: names.get(link.name) ?? link.name };
      return 'map' in link ? { ...link, map: base + link.map } : link;
    };
    for (const func of object.funcs) {
      const links = new Map([...func.links].map(([index, link]) => [index, linked(link)]));
      funcs.push({ ...func, name: names.get(func.name) ?? func.name, links });
    }
    maps.push(...object.maps);
  }
  return { funcs, maps };
}

function uniqueName(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate); count++) candidate = `${name}__${count}`;
  taken.add(candidate);
  return candidate;
}
