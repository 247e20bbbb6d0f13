import { type Known, known } from '../engine/fact.ts';
import { isKind } from '../k8s/kinds.ts';
import type { ClassController } from '../network/way-in-controllers.ts';
import { defineFact } from './define.ts';

const NO_CLASS: ClassController = { className: undefined, controller: undefined };

/** The controller that serves an Ingress or a Gateway, by the class that it names. */
export const classController = defineFact({
  name: 'classController',
  title: 'the controller of the class of an Ingress or a Gateway',
  watched: ['IngressClass.networking.k8s.io', 'GatewayClass.gateway.networking.k8s.io'],
  async learn({ subject: { object }, objects }): Promise<Known<ClassController>> {
    if (isKind(object, 'Ingress.networking.k8s.io')) {
      const className = object.spec?.ingressClassName || undefined;
      if (className === undefined) return known(NO_CLASS);
      const found = await objects.read('IngressClass.networking.k8s.io', '', className);
      return found.known ? known({ className, controller: found.value?.spec?.controller ?? undefined }) : found;
    }
    if (isKind(object, 'Gateway.gateway.networking.k8s.io')) {
      const className = object.spec?.gatewayClassName || undefined;
      if (className === undefined) return known(NO_CLASS);
      const found = await objects.read('GatewayClass.gateway.networking.k8s.io', '', className);
      return found.known ? known({ className, controller: found.value?.spec?.controllerName ?? undefined }) : found;
    }
    return known(NO_CLASS);
  },
});
