// A list without calls says why, and what to do.
import { applyFilter } from "../filter/filter-bar.js";
import { link } from "../state/session.js";

interface EmptyProps {
  readonly filter: string;
  /** How many calls there are in all. */
  readonly calls: number;
  readonly seen: boolean;
}

export function Empty({ filter, calls, seen }: EmptyProps) {
  if (filter !== "" && calls > 0) {
    return (
      <div class="empty">
        <h2>No call matches</h2>
        <p>
          <code>{filter}</code>
        </p>
        <p>Calls that match appear here as they happen.</p>
        <button type="button" onClick={() => applyFilter("")}>
          Show all calls
        </button>
      </div>
    );
  }
  if (!seen) return null;
  const { listen, upstream } = link.hello.value ?? {};
  return (
    <div class="empty">
      <h2>Waiting for the first call</h2>
      <p>
        Point a gRPC client at <code>{listen ?? "framelens"}</code> instead of its server
        {upstream === undefined ? "" : ` ${upstream}`}.
      </p>
      {upstream === undefined && listen !== undefined && (
        <p>
          Or start it with <code>grpc_proxy=http://{listen}</code>
        </p>
      )}
      <p>Each call appears here the moment it begins.</p>
    </div>
  );
}
