// What is shown to those who came without a token, or with one that is not this framelens's.

export function Welcome({ refused }: { readonly refused: boolean }) {
  return (
    <main class="welcome">
      <div class="card">
        <Brand />
        <h1>{refused ? "This link is of another run" : "The link has a key in it"}</h1>
        <p>
          {refused
            ? "framelens is here, but it does not know the token that this page has. It makes another one each time it starts, unless it is given one by --feed-token."
            : "Only who has the token sees the traffic. This page was opened without it."}
        </p>
        <p>Open the address that framelens wrote when it started. It looks like this:</p>
        <pre>page {location.origin}/#token=…</pre>
      </div>
    </main>
  );
}

export function Brand() {
  return (
    <span class="brand">
      <svg viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" />
        <path d="M7 12h13l-4-4M25 20H12l4 4" />
      </svg>
      framelens
    </span>
  );
}
