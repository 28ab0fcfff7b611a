// Lets a test cut the page's live connection as a network would.

/** Returns what cuts every open WebSocket; the page may open new ones. */
export async function cuttable(page) {
  const open = new Set();
  await page.routeWebSocket(/\/api\/v1\/ws$/, (socket) => {
    socket.connectToServer();
    open.add(socket);
  });
  return async () => {
    for (const socket of open) await socket.close({ code: 4000, reason: 'cut by the test' });
    open.clear();
  };
}
