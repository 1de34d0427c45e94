// A short word about what was just done.
import { effect, signal } from "@preact/signals";
import { word } from "../state/session.js";

const text = signal("");
let timer: number | undefined;

export function notify(message: string): void {
  text.value = message;
  clearTimeout(timer);
  timer = setTimeout(() => {
    text.value = "";
  }, 4000);
}

effect(() => {
  if (word.value !== "") notify(word.value);
});

export async function copy(value: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(value);
    notify(`copied ${what}`);
  } catch {
    notify("the browser does not let the page copy; is it focused?");
  }
}

export function Notice() {
  return (
    <div class={text.value === "" ? "notice" : "notice shown"} role="status">
      {text.value}
    </div>
  );
}
