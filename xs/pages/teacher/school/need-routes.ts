/** The pages about one thing that needs somebody. On a part that only teachers reach. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { CONCERN_TYPES, concerns } from '../../../admin/concerns.ts';
import { laptopRows } from '../../../admin/laptop-list.ts';
import { readStatus } from '../../../admin/status.ts';
import { paginate, readPage } from '../../frame/paging.ts';
import { noPage } from '../../guard/missing.ts';
import type { Site } from '../../guard/site-context.ts';
import type { Sent } from '../acts/act-routes.ts';
import { frameProps } from '../acts/frame-props.ts';
import { cardsOf } from '../shown/laptop-card.ts';
import { NeedPage } from './need-page.tsx';

const LAPTOPS_PER_PAGE = 50;

type Asked = FastifyRequest<{ Params: { type: string }; Querystring: Sent }>;

export function addNeedRoutes(part: FastifyInstance, site: Site): void {
  const { library } = site;
  part.get('/xs-backup/needs/:type', async (request: Asked, reply) => {
    const type = CONCERN_TYPES.find((one) => one === request.params.type);
    if (!type) throw noPage();
    const concern = concerns(await readStatus(library)).find((one) => one.type === type);
    const about = concern && 'laptops' in concern ? concern.laptops : [];
    const paged = paginate(about, readPage(request.query.page), LAPTOPS_PER_PAGE);
    const known = paged.shown.flatMap(({ serial }) => {
      const laptop = library.registrations.get(serial);
      return laptop ? [[serial, laptop] as const] : [];
    });
    const cards = new Map(
      cardsOf(await laptopRows(library, known)).map((one) => [one.serial, one]),
    );
    const shown = paged.shown.map(({ serial }) => ({ serial, card: cards.get(serial) }));
    const { page, now } = frameProps(site, request, reply);
    return site.send(reply, NeedPage({ page, now, concern, laptops: { ...paged, shown } }));
  });
}
