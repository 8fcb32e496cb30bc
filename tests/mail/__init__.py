"""Mail: sending it, following it, and what comes back."""
