"""Mail: what goes out and how."""
