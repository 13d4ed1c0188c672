/** The numbers of `Resilience.presets`. */

export const salesSystem = {
  attemptTimeout: "30 seconds",
  circuitBreaker: { failureThreshold: 5, resetTimeout: "60 seconds", successThreshold: 2 },
  rateLimit: { capacity: 100, refillRate: 10 },
  retry: { initialDelay: "1 second", jitter: 0.1, maxAttempts: 3, maxDelay: "30 seconds", multiplier: 2 },
  totalTimeout: "2 minutes"
} as const

export const erpSystem = {
  attemptTimeout: "45 seconds",
  circuitBreaker: { failureThreshold: 3, resetTimeout: "120 seconds", successThreshold: 2 },
  rateLimit: { capacity: 50, refillRate: 5 },
  retry: { initialDelay: "2 seconds", jitter: 0.2, maxAttempts: 5, maxDelay: "60 seconds", multiplier: 2 },
  totalTimeout: "5 minutes"
} as const

export const eSignature = {
  attemptTimeout: "60 seconds",
  circuitBreaker: { failureThreshold: 5, resetTimeout: "300 seconds", successThreshold: 3 },
  rateLimit: { capacity: 20, refillRate: 2 },
  retry: { initialDelay: "1 second", jitter: 0.1, maxAttempts: 3, maxDelay: "30 seconds", multiplier: 2 },
  totalTimeout: "4 minutes"
} as const

export const communicationGateway = {
  attemptTimeout: "15 seconds",
  circuitBreaker: { failureThreshold: 10, resetTimeout: "30 seconds", successThreshold: 3 },
  retry: { initialDelay: "500 millis", jitter: 0.15, maxAttempts: 5, maxDelay: "10 seconds", multiplier: 2 },
  totalTimeout: "2 minutes"
} as const

export const smsGateway = { ...communicationGateway, rateLimit: { capacity: 50, refillRate: 10 } } as const

export const emailGateway = { ...communicationGateway, rateLimit: { capacity: 100, refillRate: 20 } } as const
