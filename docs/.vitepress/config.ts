/** The site of these pages: npm run docs:build. The order of reading is the sidebar's. */
export default {
  title: 'load-and-stress',
  description: 'How many replicas, what did the change do to it, and can the number be trusted?',
  cleanUrls: false,
  lastUpdated: false,
  // Pages link to sources and examples beside them, which the site does not hold.
  ignoreDeadLinks: [/schema/, /^\.?\.\/\.\.\//, /\.\.\//],
  themeConfig: {
    search: { provider: 'local' },
    sidebar: [
      {
        text: 'Use it',
        items: [
          { text: 'Getting started', link: '/getting-started' },
          { text: 'Running a load', link: '/running' },
          { text: 'Writing a scenario', link: '/writing-a-scenario' },
          { text: 'Reading a report', link: '/reading-a-report' },
          { text: 'Comparing', link: '/comparing' },
          { text: 'Capacity on Kubernetes', link: '/capacity' },
          { text: 'Several generators', link: '/several-generators' },
          { text: 'Nights and alarms', link: '/nights' },
          { text: 'In CI', link: '/ci' },
        ],
      },
      {
        text: 'Understand it',
        items: [
          { text: 'Statistics for engineers', link: '/statistics' },
          { text: 'Limitations', link: '/limitations' },
        ],
      },
      {
        text: 'Look it up',
        items: [
          { text: 'Troubleshooting', link: '/troubleshooting' },
          { text: 'File formats', link: '/file-formats' },
          { text: 'The workload', link: '/workload' },
          { text: 'Coming from another tool', link: '/coming-from' },
        ],
      },
    ],
  },
}
