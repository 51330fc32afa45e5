"""Acts on one subscriber, by staff or by the reader: join, leave, change, erase, see."""
