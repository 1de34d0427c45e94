// A list without calls says why, and what to do.
import { applyFilter } from "../filter/filter-bar.js";
import { Icon } from "../parts/icon.js";
import { copy } from "../parts/notice.js";
import { clearedAt, link } from "../state/session.js";
import { hiddenCount, showHidden } from "../state/shown.js";

interface EmptyProps {
  readonly filter: string;
  /** How many calls there are in all. */
  readonly calls: number;
  readonly seen: boolean;
}

export function Empty({ filter, calls, seen }: EmptyProps) {
  if (hiddenCount.value > 0 && filter === "") {
    return (
      <div class="empty">
        <h2>All calls so far are hidden</h2>
        <p>New ones appear here as they happen. What is hidden is still kept.</p>
        <button type="button" onClick={showHidden}>
          Show them again (Z)
        </button>
      </div>
    );
  }
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
  const command =
    upstream === undefined ? `grpc_proxy=http://${listen} your-client` : `grpcurl -plaintext ${listen} list`;
  return (
    <div class="empty">
      <span class="signal" aria-hidden="true" />
      <h2>{clearedAt.value === undefined ? "Waiting for the first call" : "Cleared. Waiting for the next call"}</h2>
      {upstream === undefined ? (
        <p>Start a gRPC client with framelens as its proxy.</p>
      ) : (
        <p>
          Point a gRPC client at <code>{listen ?? "framelens"}</code> instead of its server <code>{upstream}</code>
        </p>
      )}
      {listen !== undefined && (
        <pre>
          {command}
          <button type="button" class="icon" aria-label="Copy" title="Copy" onClick={() => void copy(command, "it")}>
            <Icon sign="⧉" />
          </button>
        </pre>
      )}
      <p>Each call appears here the moment it begins.</p>
    </div>
  );
}
