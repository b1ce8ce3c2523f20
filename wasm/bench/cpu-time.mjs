/** @returns {number} milliseconds of processor time that this process has had: on a machine with other work, what counts */
export const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
