"""The register of bookings and the outbox in one DynamoDB table (data-model: one table, keys pk and sk)."""
