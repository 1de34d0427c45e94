// Tells when something happened in any of a set of folders, a moment after the last event of a burst.
import { type FSWatcher, watch } from "node:fs";

/** Editors write, rename and touch within a few milliseconds; a reload this late is still at once for a person. */
const SETTLE_MS = 100;

/** Each is an inotify watch, of which a user has some ten thousand in all. */
const MAX_FOLDERS = 2_000;

export class FolderWatcher {
  readonly #onChange: () => void;
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /**
   * Watches these folders and no others. Neither watchers nor timer keep the process alive.
   * @returns whether folders came to those watched before
   */
  follow(folders: ReadonlySet<string>): boolean {
    for (const [folder, watcher] of this.#watchers) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    let added = false;
    for (const folder of folders) added = this.#watch(folder) || added;
    return added;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #watch(folder: string): boolean {
    if (this.#closed || this.#watchers.has(folder) || this.#watchers.size >= MAX_FOLDERS) return false;
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#stir());
      watcher.on("error", () => this.#lost(folder, watcher));
      this.#watchers.set(folder, watcher);
      return true;
    } catch {
      // gone already, or no watches left: the folder is read but not followed
      return false;
    }
  }

  #lost(folder: string, watcher: FSWatcher): void {
    watcher.close();
    this.#watchers.delete(folder);
    this.#stir();
  }

  #stir(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#onChange(), SETTLE_MS);
    this.#timer.unref();
  }
}
