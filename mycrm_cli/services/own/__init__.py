"""The nouns' own rules, one module for each; ``services.nouns`` says what they may have."""
