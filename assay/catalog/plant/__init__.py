"""A simulated plant: two cooling-water pumps, an oil cooler, two air compressors and a conveyor, with sensors, alarms,
faults and a manual. It needs only the standard library and replays identically from its seed on every machine: it adds,
multiplies, divides and takes square roots, and what it prints is rounded."""
