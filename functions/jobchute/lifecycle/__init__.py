"""A job's life: accepted, admitted, submitted, observed, announced; polled, reconciled, cancelled."""
