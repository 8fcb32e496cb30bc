"""How a change is taken back: read its items backwards, see what happened later, put back what was."""
