// The paths of the fields of one message, by tag: a list that is looked through in the order in which serializers write.

import { freshList } from "../message/fresh-list.js";
import type { PathNode } from "./path-node.js";

/** So many are looked through; for more there is a map. */
const FEW = 8;

export class PathChildren {
  /** In the order in which they were seen first. */
  readonly list: PathNode[] = freshList();
  /** Some field number came with two wire types. */
  hasTwins = false;
  /** Behind the one that was asked for last. */
  #next = 0;
  /** Places in {@link list}, by tag. */
  #places: Map<number, number> | undefined;

  get(tag: number): PathNode | undefined {
    const { list } = this;
    const next = this.#next;
    if (next < list.length && list[next]!.tag === tag) {
      this.#next = next + 1;
      return list[next];
    }
    if (next > 0 && list[next - 1]!.tag === tag) return list[next - 1];
    const place = this.#places === undefined ? placeIn(list, tag, next) : (this.#places.get(tag) ?? -1);
    if (place < 0) return undefined;
    this.#next = place + 1;
    return list[place];
  }

  /** @param node of a tag that is not among them */
  add(node: PathNode): void {
    const { list } = this;
    this.hasTwins ||= list.length > 0 && this.#hasNumber(node.tag >>> 3);
    this.#next = list.push(node);
    if (this.#places !== undefined) this.#places.set(node.tag, list.length - 1);
    else if (list.length > FEW) this.#places = new Map(list.map(({ tag }, place) => [tag, place]));
  }

  #hasNumber(number: number): boolean {
    if (this.#places === undefined) return this.list.some(({ tag }) => tag >>> 3 === number);
    for (let wireType = 0; wireType < 6; wireType++) if (this.#places.has(number * 8 + wireType)) return true;
    return false;
  }
}

/** Looks from a place on and then at those before it, as fields that were left out are skipped. */
function placeIn(list: readonly PathNode[], tag: number, from: number): number {
  for (let place = from; place < list.length; place++) if (list[place]!.tag === tag) return place;
  for (let place = 0; place < from; place++) if (list[place]!.tag === tag) return place;
  return -1;
}
