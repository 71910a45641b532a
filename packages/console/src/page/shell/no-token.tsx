// Shown without a token, or with one of an earlier run.

export function NoToken() {
  return (
    <main class="no-token">
      <h1>Open the address that the terminal printed</h1>
      <p>
        This page may only be used with the token of this run. It is in the address that{" "}
        <code>npm start</code> or <code>npm run console</code> printed:{" "}
        <code>http://127.0.0.1:…/#token=…</code>
      </p>
      <p>A new run has a new address.</p>
    </main>
  );
}
