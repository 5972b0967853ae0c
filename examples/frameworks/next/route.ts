// A route handler of Next.js: in an application, app/payments/[reference]/succeed/route.ts.
import { and, eq } from 'drizzle-orm';
import { paymentProcess } from '../../shop/payment/schema.ts';
import { payment } from '../../shop/payment/signals.ts';
import { box } from './box.ts';

interface Context {
  params: Promise<{ reference: string }>;
}

export async function POST(_request: Request, { params }: Context): Promise<Response> {
  const { reference } = await params;
  const succeeded = await box.db.transaction(async (tx) => {
    const [updated] = await tx
      .update(paymentProcess)
      .set({ status: 'succeeded' })
      .where(and(eq(paymentProcess.reference, reference), eq(paymentProcess.status, 'initiated')))
      .returning({ id: paymentProcess.id });
    if (updated) await payment.completed.emitReliable(tx, { paymentProcessId: updated.id });
    return updated !== undefined;
  });
  return succeeded ? new Response(null, { status: 204 }) : Response.json({ error: 'no such payment, or it has ended' }, { status: 409 });
}
