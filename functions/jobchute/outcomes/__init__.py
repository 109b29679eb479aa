"""How jobs end: the causes of ends that are no success, and the facts that the provider reports. Pure."""
