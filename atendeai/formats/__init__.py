"""How are dates written in the portal? Django gives formats by language from such modules."""
