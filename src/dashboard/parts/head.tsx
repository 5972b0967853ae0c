// The head of a page, its cards without content, and its forms.
import type { Child, FC } from 'hono/jsx';
import { TOKEN_FIELD } from '../guard/csrf.ts';
import { link } from '../links.ts';
import type { Visit } from '../route.ts';

export const Head: FC<{ title: Child; crumb?: Child; lead?: Child; children?: Child }> = ({ title, crumb, lead, children }) => (
  <div class="head">
    <div class="head-text">
      {crumb && <p class="crumb">{crumb}</p>}
      <h1>{title}</h1>
      {lead && <p class="lead">{lead}</p>}
    </div>
    {children && <div class="acts">{children}</div>}
  </div>
);

/** In the place of rows. */
export const Empty: FC<{ title: string; children?: Child }> = ({ title, children }) => (
  <div class="empty">
    <strong>{title}</strong>
    {children}
  </div>
);

/** A form that acts: it has the token of this person, and the address to which the act leads back. */
export const ActForm: FC<{
  visit: Visit;
  act: string;
  fields?: Readonly<Record<string, string>>;
  back?: string;
  class?: string;
  children?: Child;
}> = ({ visit, act, fields = {}, back, class: look = 'inline', children }) => (
  <form method="post" action={link(act)} class={look}>
    <input type="hidden" name={TOKEN_FIELD} value={visit.token} />
    {back !== undefined && <input type="hidden" name="back" value={back} />}
    {Object.entries(fields).map(([name, value]) => (
      <input type="hidden" name={name} value={value} />
    ))}
    {children}
  </form>
);
