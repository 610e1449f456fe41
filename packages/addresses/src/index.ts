export { endpointProblem, parseHostAndPort } from './forms.ts';
export {
  agentFor,
  type HttpProxy,
  type Proxies,
  proxyFor,
  readProxies,
  withoutCredentials,
} from './proxies.ts';
