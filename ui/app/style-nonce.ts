/** What the page's content security policy takes style sheets for; the controller writes another into every page. */
export function styleNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
}
