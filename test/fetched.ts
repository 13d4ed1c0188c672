/** A bare request, as anybody sends one: what a server answers is seen past everything that is ours. */
export const fetched = (url: string, init?: RequestInit): Promise<Response> => fetch(url, init)
