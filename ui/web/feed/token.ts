// The token that lets the page in: taken from the address once, kept for this tab, and gone from the address bar.

const KEY = "framelens.token";

/** @returns undefined when there is none: the page was opened by its bare address */
export function takeToken(): string | undefined {
  const given = /^#token=([^&]+)(?:&(.*))?$/s.exec(location.hash);
  if (given !== null) {
    remember(given[1]!.replace(/%[0-7][0-9a-f]/gi, decodeURIComponent));
    // What follows the token is where the link leads.
    history.replaceState(null, "", `${location.pathname}#${given[2] ?? "/"}`);
  }
  return recall();
}

export function remember(token: string): void {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Storage may be switched off: then the token lives as long as the page.
  }
  held = token;
}

let held: string | undefined;

function recall(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? held;
  } catch {
    return held;
  }
}
