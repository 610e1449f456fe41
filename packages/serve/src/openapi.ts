const json = (schema: object, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const object = (properties: Record<string, object>, required = Object.keys(properties)) => ({
  ...{ type: 'object', properties, required },
});
const text = { type: 'string' };
const list = (items: object, more: object = {}) => ({ type: 'array', items, ...more });
const binary = { schema: { type: 'string', format: 'binary' } };
const named = { run: text, sha256: text };
const failure = (description: string) => json({ $ref: '#/components/schemas/Error' }, description);

/** What this service is, for programs: https://spec.openapis.org/oas/v3.1.1 */
export const openapi = {
  openapi: '3.1.1',
  info: {
    title: 'Atelier: a classifier of images',
    version: '1',
    description: 'Says how probable each class is for a picture.',
  },
  paths: {
    '/predict': {
      post: {
        summary: 'How probable each class is for one picture.',
        parameters: [
          {
            name: 'top',
            in: 'query',
            description: 'How many classes to name; all of them unless given.',
            schema: { type: 'integer', minimum: 1, maximum: 999_999 },
          },
        ],
        requestBody: {
          required: true,
          description:
            'A picture file of any size, made upright, on white and in the size and colours of the model; or the pixels themselves as one flat list, row after row, of each pixel its grey or its red, green and blue, in that size (GET /model).',
          content: {
            'image/*': binary,
            'application/octet-stream': binary,
            'application/json': {
              schema: {
                ...object({ pixels: list({ type: 'integer', minimum: 0, maximum: 255 }) }),
                additionalProperties: false,
              },
            },
          },
        },
        responses: {
          200: json({ $ref: '#/components/schemas/Answer' }, 'The most probable class first.'),
          400: failure('The JSON, its pixels or the query cannot be used.'),
          403: failure('The request comes from a page, or by a foreign name.'),
          411: failure('The body has no Content-Length.'),
          413: failure('The body is too long.'),
          415: failure('The body is of another kind.'),
          422: failure('The picture cannot be read: found says why.'),
          503: failure('No model answers at the moment, or too much is asked at once.'),
        },
      },
    },
    '/model': {
      get: {
        summary: 'Which model answers, its classes and the images that it knows.',
        responses: {
          200: json(
            object({
              ...named,
              classes: list(text),
              image: object({
                height: { type: 'integer' },
                width: { type: 'integer' },
                channels: { enum: [1, 3] },
              }),
            }),
            'The model.',
          ),
          503: failure('No model answers at the moment.'),
        },
      },
    },
    '/healthz': {
      get: {
        summary: 'Whether a model is there to answer.',
        responses: {
          200: json(object({ status: { const: 'ok' }, model: object(named) }), 'It is.'),
          503: failure('No model answers at the moment, or the service is ending.'),
        },
      },
    },
    '/metrics': {
      get: {
        summary: 'Metrics for Prometheus.',
        responses: { 200: { description: 'In its text format.', content: { 'text/plain': {} } } },
      },
    },
    '/openapi.json': {
      get: {
        summary: 'This document.',
        responses: { 200: json({ type: 'object' }, 'OpenAPI 3.1.') },
      },
    },
  },
  components: {
    schemas: {
      Answer: object({
        model: { ...object(named), description: 'The run and the SHA-256 of its model file.' },
        predictions: list(
          object({ class: text, probability: { type: 'number', minimum: 0, maximum: 1 } }),
          { minItems: 1 },
        ),
      }),
      Error: object({
        error: object({ what: text, expected: text, found: text, remedy: text }, ['what']),
      }),
    },
  },
};
