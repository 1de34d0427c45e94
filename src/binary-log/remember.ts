/** Puts something into a map that holds so many at most: the oldest is forgotten for it. */
export function remember<K, T>(map: Map<K, T>, key: K, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value!);
}
