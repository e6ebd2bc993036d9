export async function checkLiveConnections(): Promise<string[]> {
  return [];
}
